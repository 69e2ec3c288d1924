const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** 1,234; from a hundred thousand on 123.4K. */
export function count(value: number): string {
  return Math.abs(value) < 100_000 ? whole.format(value) : short.format(value);
}

/** A rate with as many digits as mean something. */
export function rate(value: number): string {
  if (value === 0) return "0";
  return value < 10 ? value.toFixed(1) : count(value);
}

/** 0.9934 is 99.3 %; what is not all is never shown as all. */
export function percent(share: number): string {
  if (share >= 1) return "100 %";
  const tenths = Math.floor(share * 1_000) / 10;
  return `${tenths >= 10 ? tenths.toFixed(tenths % 1 === 0 ? 0 : 1) : tenths.toFixed(1)} %`;
}

/** 0.42 ms, 12 ms, 1.2 s, 2 min 5 s. */
export function duration(milliseconds: number): string {
  if (milliseconds === 0) return "0 ms";
  if (milliseconds < 1) return `${milliseconds.toFixed(2)} ms`;
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1_000).toFixed(1)} s`;
  return span(milliseconds / 1_000);
}

/** A long time in its two largest units. */
export function span(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [Math.floor(seconds) % 60, "s"],
  ] as const;
  const first = parts.findIndex(([value]) => value > 0);
  if (first === -1) return "0 s";
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(" ");
}

const KIB = 1_024;

export function bytes(value: number): string {
  if (value < KIB) return `${value} B`;
  if (value < KIB ** 2) return `${(value / KIB).toFixed(1)} KiB`;
  if (value < KIB ** 3) return `${(value / KIB ** 2).toFixed(1)} MiB`;
  return `${(value / KIB ** 3).toFixed(2)} GiB`;
}

/** How long ago, in one unit: 5 s ago. */
export function ago(time: string | number, now: number): string {
  const seconds = Math.max(0, (now - new Date(time).getTime()) / 1_000);
  if (seconds < 2) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** 14:02:31, and the day before it where that is not today. */
export function moment(time: string | number, now: number): string {
  const date = new Date(time);
  const isToday = date.toDateString() === new Date(now).toDateString();
  return (isToday ? clock : day).format(date);
}

const dayAlone = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });

/** 29 Nov 2026, where the time of the day says nothing. */
export function date(time: string | number): string {
  return dayAlone.format(new Date(time));
}

export function cost(value: number): string {
  if (value === 0) return "0";
  return value < 0.01 ? value.toFixed(4) : value.toFixed(2);
}
