/** Nest token of the writer of the purchases log. */
export const PURCHASES_WRITER = Symbol('PURCHASES_WRITER');
