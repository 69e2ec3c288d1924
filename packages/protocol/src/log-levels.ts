/** Syslog levels as MCP spells them, the least severe first. */
export const LOG_LEVELS: readonly string[] = [
  "debug",
  "info",
  "notice",
  "warning",
  "error",
  "critical",
  "alert",
  "emergency",
];

/** Is a message of this level wanted by someone who asked for `threshold` or above? */
export function isLogWanted(level: string, threshold: string | undefined): boolean {
  return threshold === undefined || LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(threshold);
}
