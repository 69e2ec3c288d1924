/** How a command of ours ends, for scripts: sysexits where those have a word for it. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  unavailable: 69,
  denied: 77,
  config: 78,
  interrupted: 130,
} as const;

const EXIT_OF_CODE: Readonly<Record<string, number>> = {
  invalid_input: EXIT.usage,
  unavailable: EXIT.unavailable,
  denied: EXIT.denied,
  unauthenticated: EXIT.denied,
  invalid_config: EXIT.config,
  cancelled: EXIT.interrupted,
};

/** The exit code of a command that threw. */
export function exitCodeOf(error: unknown): number {
  // Its own word for "wrong usage" is 1; help and version are no failures.
  if (isCommanderError(error)) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  return EXIT_OF_CODE[codeOf(error)] ?? EXIT.failed;
}

/** Of the library that reads command lines, which has printed its own words already. */
export function isCommanderError(error: unknown): error is Error & { readonly exitCode: number } {
  return error instanceof Error && codeOf(error).startsWith("commander.");
}

/** Over MCP the bridge's own code travels in the error's data. */
function codeOf(error: unknown): string {
  const { code, data } = error as { code?: unknown; data?: { code?: unknown } };
  return String(typeof data?.code === "string" ? data.code : code);
}
