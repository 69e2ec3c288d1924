/** So many facts of a task are shown with it, the newest ones. */
export const EVIDENCE_LIMIT = 50;
