/** Case and space are no difference between two fixes; to have none is the same as to have none. */
export function saysTheSame(one: string | null | undefined, other: string | null | undefined) {
  return plainFix(one) === plainFix(other);
}

/** What of a fix tells it from another. */
export function plainFix(fix: string | null | undefined): string {
  return (fix ?? "").toLowerCase().replace(/\s+/g, " ").trim();
}
