/**
 * Events that tell what the transcript says later or not at all. Those of every tool call are left out: the
 * transcript has them, and each hook costs the assistant the start of a program.
 */
const EVENTS = [
  "SessionStart",
  "SessionEnd",
  "Stop",
  "StopFailure",
  "SubagentStop",
  "TaskCreated",
  "TaskCompleted",
  "PostToolUseFailure",
  "PreCompact",
];

/** What to put into the settings of Claude Code, as JSON. `command` is how this program is started. */
export function hookSettings(command: string): string {
  const hook = { type: "command", command, async: true, timeout: 10 };
  const hooks = Object.fromEntries(EVENTS.map((event) => [event, [{ hooks: [hook] }]]));
  return `${JSON.stringify({ hooks }, null, 2)}\n`;
}
