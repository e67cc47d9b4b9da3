import { takenOut } from '../entry.ts';
import { documentName, lotName } from './lot-name.ts';
import type { LotPart, Notation, Wording } from './wording.ts';

const counted = (points: number, to: Notation): string => `${to.points(points)} 积分`;

const BECAUSE: Readonly<Record<string, string>> = {
  eligible_amount: '这笔购买中没有可计积分的金额',
  whole_unit: '金额未满一个完整单位',
  tier: '当前等级不享受该规则',
};

const NOTHING: Readonly<Record<string, string>> = {
  no_version_in_force: '购买时没有生效的计划版本',
  currency_not_covered: '计划不支持该笔购买的币种',
  too_many_points: '积分数超出可计上限',
  voided: '该单据已作废',
  other_program: '该笔购买计入另一个计划',
};

const CORRECTED: Readonly<Record<string, string>> = {
  purchase: '另一笔购买补录后，本笔购买的积分随之改变',
  return: '一笔退货补录后，本笔购买的积分随之改变',
  void: '一张单据作废后，本笔购买的积分随之改变',
  amended: '一笔退货重新匹配后，本笔购买的积分随之改变',
  program: '发布了覆盖购买时间的计划版本',
  opening: '补录了购买时间之前的等级',
};

const lots = { purchase: '购买', adjustment: '调整', opening: '期初', transfer: '转赠', undo: '撤销兑换' };
const named = (lot: string): string => lotName(lot, lots);

function parts(all: readonly LotPart[], more: number, to: Notation): string {
  const told = all.map(({ lot, points, expiresAt }) => {
    const until = expiresAt == null ? '' : `（${to.instant(expiresAt)} 起失效）`;
    return `${named(lot)} ${to.points(points)}${until}`;
  });
  return told.join('；') + (more > 0 ? `；以及另外 ${more} 个批次` : '');
}

const because = (reason: string | undefined): string => (reason === undefined ? '' : `：${reason}`);

export const chinese: Wording = {
  language: 'zh-CN',
  title(entry) {
    const { type, cause, reservation, redemption, reference, reason, reward, lot, to, from } = entry;
    const own = reference === undefined ? '' : `（${reference}）`;
    const rewarded = reward === undefined ? '' : ` (${reward})`;
    const document = cause === undefined ? '' : ` ${documentName(cause)}`;
    const titles: Readonly<Record<string, string>> = {
      earned: `购买${document}`,
      corrected: `更正：${named(lot ?? '')}`,
      reversed: `退货${document}`,
      expired: `过期：${named(lot ?? '')}`,
      repaid: `偿还欠分：${named(lot ?? '')}`,
      redeemed: `兑换 ${redemption}${rewarded}${own}`,
      adjusted: `调整${because(reason)}${own}`,
      requested: `申请调整${because(reason)}${own}`,
      refused: `拒绝调整${because(reason)}`,
      closed: `账户关闭${because(reason)}${own}`,
      reopened: `账户重新开启${because(reason)}${own}`,
      opened: `期初积分${own}`,
      reserved: `预留 ${reservation}${rewarded}${own}`,
      captured: `兑换预留 ${reservation}${rewarded}${own}`,
      voided: `取消预留 ${reservation}`,
      released: `预留 ${reservation} 到期`,
      undone: `撤销兑换 ${redemption}${own}`,
      sent: `转赠给 ${to}${own}`,
      received: from?.member === undefined ? '撤销兑换退回' : `来自 ${from.member} 的转赠${own}`,
    };
    return titles[type] ?? type;
  },
  happened(entry, to) {
    const points = counted(Math.abs(entry.points), to);
    const at = to.instant(Date.parse(entry.at));
    const by = (gained: string, lost: string): string => (entry.points < 0 ? lost : gained);
    const sentences: Readonly<Record<string, string>> = {
      earned: `${this.title(entry)}（${at}）获得 ${points}。`,
      corrected: `${this.title(entry)}，比先前入账${by('增加', '减少')} ${points}。`,
      reversed:
        entry.points === 0
          ? `${this.title(entry)}（${at}）从${named(entry.lot ?? '')}补扣 ${counted(takenOut(entry), to)}：此前已退回该批次。`
          : by(
              `${this.title(entry)}（${at}）从${named(entry.lot ?? '')}扣回 ${points}。`,
              `${this.title(entry)}（${at}）从${named(entry.lot ?? '')}扣回的积分比先前入账减少 ${points}。`,
            ),
      expired: by(
        `${named(entry.lot ?? '')}的 ${points}于 ${at} 过期。`,
        `${named(entry.lot ?? '')}中的 ${points} 未在 ${at} 过期：迟到的消费使其继续有效。`,
      ),
      repaid: by(
        `${named(entry.lot ?? '')}的 ${points}用于偿还欠分。`,
        `${named(entry.lot ?? '')}曾用于偿还欠分的 ${points}已退回：欠分最终较少。`,
      ),
      redeemed: `${at} ${entry.reward === undefined ? '' : `为 ${entry.reward} `}兑换了 ${points}。`,
      adjusted: `${at} ${by('增加', '扣减')} ${points}${because(entry.reason)}。`,
      requested: `${entry.by} 于 ${at} 申请${by('增加', '扣减')} ${points}${because(entry.reason)}：须经他人批准后才会入账。`,
      refused: `${entry.by} 于 ${at} 拒绝${by('增加', '扣减')} ${points}${because(entry.reason)}。`,
      closed: `${entry.by} 于 ${at} 关闭账户${because(entry.reason)}。积分保留，重新开启前不能兑换、预留或转赠。`,
      reopened: `${entry.by} 于 ${at} 重新开启账户${because(entry.reason)}。`,
      opened: `从原系统转入 ${points}。`,
      reserved: `${at} 为${entry.reward === undefined ? '购物篮' : ` ${entry.reward} `}预留 ${points}${entry.until === undefined ? '' : `，保留至 ${to.instant(Date.parse(entry.until))}`}。`,
      captured: `${at} 使用了预留 ${entry.reservation} 中的 ${points}，其余已退回。`,
      voided: `${at} 取消预留 ${entry.reservation}，退回 ${points}。`,
      released: `预留 ${entry.reservation} 于 ${at} 自动到期，退回 ${points}。`,
      undone: `${at} 撤销兑换 ${entry.redemption}，退回 ${points}。`,
      sent: `${at} 转赠 ${points}给会员 ${entry.to}。`,
      received:
        entry.from?.member === undefined
          ? `撤销兑换退回的 ${points}记入新批次：原批次已过期。`
          : `${at} 收到会员 ${entry.from.member} 转赠的 ${points}，有效期不变。`,
    };
    return sentences[entry.type] ?? `${this.title(entry)}：${points}。`;
  },
  ratedBy({ version, since, tier, eligible }, to) {
    const force = since === undefined ? '' : `（自 ${to.instant(since)} 起生效）`;
    const at = tier === null ? '' : `，等级 ${tier}`;
    return `按计划版本 ${version}${force}计算${at}${eligible === undefined ? '' : `，可计金额 ${eligible}`}。`;
  },
  ruleGave(rule, points, lines, to) {
    const of = lines.length === 0 ? '' : `（第 ${lines.join('、')} 行）`;
    return `规则 ${rule} 给予 ${counted(points, to)}${of}。`;
  },
  ruleGaveNothing: (rule, reason) => `规则 ${rule} 未给予积分：${BECAUSE[reason] ?? reason}。`,
  earnsNothing: (reason) => `该笔购买不计积分：${NOTHING[reason] ?? reason}。`,
  capped: ({ limit }, to) => `单笔购买最多计 ${counted(limit, to)}，超出则不计积分。`,
  correctedBecause(kind, document) {
    return `${CORRECTED[kind] ?? `评定已更正（${kind}）`}${document === undefined ? '' : `：${document}`}。`;
  },
  idling: (activeFrom, after, to) => `${to.instant(activeFrom)} 起可用，最后一次消费或兑换后 ${after} 失效。`,
  terms(activeFrom, expiresAt, to) {
    const end = expiresAt === null ? '永不过期' : `${to.instant(expiresAt)} 起失效`;
    return `${to.instant(activeFrom)} 起可用，${end}。`;
  },
  took: (all, more, to) => `按最早到期的批次扣减：${parts(all, more, to)}。`,
  gaveBack: (all, more, to) => `退回原批次：${parts(all, more, to)}。`,
  shortfall: (points, to) => `其中 ${counted(points, to)}在该批次中已不存在。`,
  owes: (points, to) => `会员因此多欠 ${counted(points, to)}：之后生效的积分先用于偿还。`,
  repaysOwed: (points, to) => `会员所欠积分减少 ${counted(points, to)}。`,
  waived: (points, to) => `其中 ${counted(points, to)}按计划规定免除，无须偿还。`,
  balance: (before, after, to) => `余额由 ${to.points(before)} 变为 ${to.points(after)}。`,
  accountStands: (closedAt, to) =>
    closedAt === null
      ? '期末账户为开启状态。'
      : `期末账户已关闭（自 ${to.instant(closedAt)} 起）。积分保留，重新开启前不能使用。`,
  statement: {
    title: '积分对账单',
    member: '会员',
    program: '计划',
    period: '期间',
    issued: '出具时间',
    opening: '期初余额',
    closing: '期末余额',
    date: '日期',
    booked: '入账',
    what: '事项',
    points: '积分',
    balance: '余额',
    pending: '待生效',
    active: '可用',
    reserved: '购物篮预留',
    owed: '欠分',
    due: '已生效未入账',
    upcoming: '已知的后续变化',
    account: '账户',
    becomesActive: '起可用',
    expires: '起失效',
    nothing: '本期间没有入账。',
    notes: [
      '余额为会员持有的待生效与可用积分减去欠分，不含预留积分。',
      '各项按入账先后排列，日期为生效时间。过去期间的对账单不会改变。',
    ],
  },
};
