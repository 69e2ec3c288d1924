export type Status = "ok" | "warning" | "critical" | "unknown";

/** One thing that a check found, and what it is about, for the rules to hide it. */
export interface Item {
  readonly text: string;
  readonly schema?: string;
  readonly table?: string;
  readonly columns?: readonly string[] | null;
  /** What somebody runs or ran; shown only where the rules let it be read. */
  readonly statement?: string | null;
}

export interface Verdict {
  readonly status: Status;
  /** One sentence with the figures that it rests on. */
  readonly message: string;
  readonly items?: readonly Item[];
  /** What to do; left out where nothing is wrong. */
  readonly advice?: string;
}

/** What an answer has to be read with. */
export interface Surroundings {
  /** Are the sessions of other roles shown to this one? */
  readonly seesOthers: boolean;
  /** Is it the embedded Postgres, which has neither a disk of its own to trust nor anybody working beside it? */
  readonly embedded: boolean;
}

/** One question, answered as JSON, and what to think of the answer. */
export interface Check<Facts = never> {
  readonly name: string;
  readonly sql: string;
  readonly judge: (facts: Facts, surroundings: Surroundings) => Verdict;
}

/** Where nothing was found, and other roles' sessions were not to be seen. */
export const NOT_SEEN: Verdict = {
  status: "unknown",
  message: "Only sessions of this role are shown to it, and there is nothing of note among these.",
  advice: "GRANT pg_read_all_stats (or pg_monitor) to this role to look at the others.",
};

export function defineCheck<Facts>(check: Check<Facts>): Check {
  return check as unknown as Check;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0.99 && share < 1 ? 2 : 1)} %`;
}

/** As people read sizes: `12 MB`. */
export function inBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1_024 && unit < units.length - 1) {
    size /= 1_024;
    unit += 1;
  }
  return `${size >= 10 || unit === 0 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** As people read times: `3 min`, `2 d`. */
export function inTime(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
