import { type Speaker, speakerOf } from "./speakers.ts";

/** The line that begins what somebody says. */
export interface Header {
  readonly speaker: Speaker;
  readonly at?: number;
  /** What is said on the same line. */
  readonly rest: string;
}

const NAME = "([A-Za-z][A-Za-z0-9-]*(?: [A-Za-z]+)?)";
/** With a date: an hour alone tells no time. */
const TIME =
  "(\\d{4}-\\d{2}-\\d{2}[T ]\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d+)?)?(?:Z|[+-]\\d{2}:?\\d{2})?)";
/** An hour, or words, that are read over. */
const ASIDE = "(?:[([][^)\\]\\n]{0,60}[)\\]])";

const forms: readonly { readonly pattern: RegExp; readonly time: number; readonly name: number }[] =
  [
    // [2026-01-02 10:00] User: …   2026-01-02T10:00:00Z User: …   - User: …
    {
      pattern: new RegExp(
        `^(?:\\[?${TIME}\\]?[ ,-]*)(?:\\*\\*)?${NAME}(?:\\*\\*)?:(?:\\*\\*)?\\s?(.*)$`,
      ),
      time: 1,
      name: 2,
    },
    // User (2026-01-02 10:00): …   **User** [2026-01-02 10:00]: …
    {
      pattern: new RegExp(
        `^(?:\\*\\*)?${NAME}(?:\\*\\*)? ?[([]${TIME}[)\\]](?:\\*\\*)?:(?:\\*\\*)?\\s?(.*)$`,
      ),
      time: 2,
      name: 1,
    },
    // ## User   ### Assistant (2026-01-02 10:00)   # Human:
    {
      pattern: new RegExp(`^#{1,6} \\**${NAME}:?\\** ?(?:[([—-]? ?${TIME}[)\\]]?)?:?(\\s*)$`),
      time: 2,
      name: 1,
    },
    // **User:** …   **Assistant**
    {
      pattern: new RegExp(`^\\*\\*${NAME}(?::\\*\\*|\\*\\*:| ?${ASIDE}\\*\\*:|\\*\\*$)()\\s?(.*)$`),
      time: 2,
      name: 1,
    },
    // User: …   User (10:00): …   You said:
    { pattern: new RegExp(`^${NAME}(?: ?${ASIDE})?:()(?:\\s(.*))?$`), time: 2, name: 1 },
  ];

/** Undefined where nobody begins to speak. Longer lines than a header has before its text are cut for the patterns. */
export function headerOf(line: string): Header | undefined {
  if (!/^[#*[\dA-Za-z]/.test(line)) return undefined;
  for (const { pattern, time, name } of forms) {
    const found = pattern.exec(line);
    const speaker = found === null ? undefined : speakerOf(found[name] ?? "");
    if (found === null || speaker === undefined) continue;
    const at = Date.parse(found[time] ?? "");
    return { speaker, rest: found[3] ?? "", ...(Number.isFinite(at) && { at }) };
  }
  return undefined;
}
