/** What members write, by mood. No names, no numbers: comments are sealed, but a demonstration needs no personal data at all. */
export interface Voice {
  readonly language: 'en' | 'zh-CN';
  readonly comment: string;
}

const en = (comment: string): Voice => ({ language: 'en', comment });
const zh = (comment: string): Voice => ({ language: 'zh-CN', comment });

export const VOICES = {
  pleased: [
    en('Beans were roasted two days before they arrived. Lovely.'),
    en('The barista remembered my order. Small thing, big smile.'),
    en('Points showed up before I had left the shop.'),
    zh('咖啡豆很新鲜，香味浓郁，会再来。'),
    zh('店员热情，积分到账很快。'),
    zh('换了大包装更划算，家里人都喜欢。'),
  ],
  neutral: [
    en('Fine, as always. The queue could be shorter.'),
    en('Good tea, the parcel was a little battered.'),
    zh('东西不错，就是排队有点久。'),
    zh('味道可以，价格比以前贵了一点。'),
  ],
  angry: [
    en('Cherries were mouldy at the bottom of the box. Twice in a month.'),
    en('My return was refused at the till although the app said thirty days.'),
    en('Order came nine days late and nobody answered.'),
    zh('樱桃底下都坏了，已经是第二次了。'),
    zh('退货时店员说不可以，但小程序写的是三十天。'),
    zh('订单晚了九天，客服一直没有回复。'),
    zh('积分少算了，问了三次都没有结果。'),
  ],
} as const satisfies Record<string, readonly Voice[]>;

export const ROOT_CAUSES = ['quality', 'delivery', 'staff-training', 'system-error', 'unclear-terms'] as const;
export const ACTIONS = [
  'called-back',
  'replacement-sent',
  'refund-agreed',
  'store-informed',
  'apology-written',
] as const;
export const AGENTS = ['agent-01', 'agent-02', 'agent-03', 'agent-04'] as const;
