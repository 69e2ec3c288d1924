/** The time that a line begins with, and what follows it. */
export interface Timestamp {
  /** Milliseconds since 1970; a time without a zone is of this machine's. */
  readonly at: number;
  readonly rest: string;
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const CLOCK = String.raw`(?<h>\d{2}):(?<m>\d{2}):(?<s>\d{2})(?:[.,:](?<f>\d{1,9}))?`;
const ZONE = String.raw`(?:\s?(?<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}))?`;
const FORMS: readonly RegExp[] = [
  // ISO 8601, log4j, Python, nginx' errors, Go: 2026-11-22T05:04:43.123Z, 2026/11/22 05:04:43,123
  String.raw`(?<y>\d{4})[-/.](?<mo>\d{2})[-/.](?<d>\d{2})[T _-]${CLOCK}${ZONE}`,
  // Access logs: 22/Nov/2026:05:04:43 +0000
  String.raw`(?<d>\d{2})/(?<month>[A-Z][a-z]{2})/(?<y>\d{4})[: ]${CLOCK}${ZONE}`,
  // ctime: Sun Nov 22 05:04:43 2026
  String.raw`[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) {1,2}(?<d>\d{1,2}) ${CLOCK} (?<y>\d{4})`,
  // syslog, which knows no year: Nov 22 05:04:43
  String.raw`(?<month>[A-Z][a-z]{2}) {1,2}(?<d>\d{1,2}) ${CLOCK}`,
  // klog after its letter: 1122 05:04:43.123456
  String.raw`(?<mo>\d{2})(?<d>\d{2}) ${CLOCK}`,
  // Seconds or milliseconds since 1970: 1700000000.123
  String.raw`(?<epoch>1\d{9}(?:\d{3})?(?:\.\d{1,6})?)`,
].map((form) => new RegExp(`^\\[?${form}(?=$|[\\s\\]|,:-])\\]?`));

/** The time at the beginning of a line; `now` tells the year where the line does not. */
export function takeTimestamp(line: string, now: number): Timestamp | undefined {
  for (const form of FORMS) {
    const match = form.exec(line);
    if (match?.groups === undefined) continue;
    const at = timeOf(match.groups, now);
    if (at !== undefined) return { at, rest: line.slice(match[0].length) };
  }
  return undefined;
}

function timeOf(groups: Readonly<Record<string, string>>, now: number): number | undefined {
  if (groups.epoch !== undefined) return epochOf(Number(groups.epoch));
  const { y, mo, month, d, h, m, s, f = "0", zone } = groups;
  const monthIndex = month === undefined ? Number(mo) - 1 : MONTHS.indexOf(month);
  if (monthIndex < 0 || monthIndex > 11) return undefined;
  const fraction = Math.floor(Number(`0.${f}`) * 1_000);
  const clock = [Number(d), Number(h), Number(m), Number(s), fraction] as const;
  if (y !== undefined) return inZone([Number(y), monthIndex, ...clock], zone);
  const year = new Date(now).getFullYear();
  const at = inZone([year, monthIndex, ...clock], zone);
  // What was written on the last of December is read in January.
  return at > now + DAY_MS ? inZone([year - 1, monthIndex, ...clock], zone) : at;
}

type Fields = readonly [number, number, number, number, number, number, number];

function inZone(fields: Fields, zone: string | undefined): number {
  if (zone === undefined) return new Date(...fields).getTime();
  const offset = /^[+-]/.test(zone) ? zone.replace(":", "") : "+0000";
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(3, 5));
  return Date.UTC(...fields) - (offset.startsWith("-") ? -minutes : minutes) * MINUTE_MS;
}

/** Seconds, milliseconds, micro- or nanoseconds since 1970, told by their size. */
export function epochOf(value: number): number | undefined {
  if (!Number.isFinite(value) || value < 1e8) return undefined;
  if (value < 1e11) return Math.floor(value * 1_000);
  if (value < 1e14) return Math.floor(value);
  return Math.floor(value < 1e17 ? value / 1e3 : value / 1e6);
}
