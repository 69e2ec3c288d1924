/** A refusal or failure in the words of the bridge: its message says what to do next. */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure";
  readonly code: string;
  readonly status: number;
  readonly details: Readonly<Record<string, unknown>>;
  /** Of a call that was begun: what the history knows it under. */
  readonly executionId: string | undefined;

  constructor(message: string, facts: ApiFailureFacts) {
    super(message);
    this.code = facts.code;
    this.status = facts.status;
    this.details = facts.details ?? {};
    this.executionId = facts.executionId;
  }
}

export interface ApiFailureFacts {
  readonly code: string;
  readonly status: number;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly executionId?: string | undefined;
}

/** What to show of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function hasCode(error: unknown, code: string): error is ApiFailure {
  return error instanceof ApiFailure && error.code === code;
}
