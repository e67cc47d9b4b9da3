/** Nest token of the feedback log's writer. */
export const FEEDBACK_WRITER = Symbol('FEEDBACK_WRITER');
