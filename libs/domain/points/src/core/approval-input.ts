/** Approves an adjustment that was asked for: now it is made. */
export interface Approve {
  readonly kind: 'approve';
  readonly request: string;
  /** Who approves; never who asked. */
  readonly by: string;
}

/** Refuses an adjustment that was asked for, or takes one's own request back. */
export interface RefuseRequest {
  readonly kind: 'refuse';
  readonly request: string;
  readonly by: string;
  readonly reason?: string;
}
