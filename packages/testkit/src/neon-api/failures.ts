/** What goes wrong with requests that match, and how often. */
export interface FailureSpec {
  readonly method?: string;
  readonly path?: RegExp;
  /** An HTTP status, or `reset`: the connection breaks before an answer. */
  readonly status: number | "reset";
  readonly message?: string;
  /** Seconds in `Retry-After`. */
  readonly retryAfter?: number;
  /** How many requests fail; 1 where left out. */
  readonly times?: number;
}

export interface Failure extends FailureSpec {
  left: number;
}

export function takeFailure(
  failures: readonly Failure[],
  method: string,
  path: string,
): Failure | undefined {
  const found = failures.find(
    (failure) =>
      failure.left > 0 &&
      (failure.method ?? method) === method &&
      (failure.path?.test(path) ?? true),
  );
  if (found) found.left -= 1;
  return found;
}
