export const SENDER = Symbol('webhook sender');
/** What a process runs to follow the logs and deliver. */
export const WEBHOOK_FOLLOWER = Symbol('webhook follower');
