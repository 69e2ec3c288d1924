const MONTHS = [
  ["janeiro", "january"],
  ["fevereiro", "february"],
  ["marco", "march"],
  ["abril", "april"],
  ["maio", "may"],
  ["junho", "june"],
  ["julho", "july"],
  ["agosto", "august"],
  ["setembro", "september"],
  ["outubro", "october"],
  ["novembro", "november"],
  ["dezembro", "december"],
] as const;

/** `2026-07-03`, `03/07/2026` (the day first), `3 de julho de 2026`, `12 July 2026`, `July 12, 2026`; as ISO 8601. */
export function readDay(text: string | undefined): string | undefined {
  const plain = (text ?? "").normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
  const iso = /\b(\d{4})-(\d{2})-(\d{2})\b/.exec(plain);
  if (iso) return toIso(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const figures = /\b(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\b/.exec(plain);
  if (figures) return toIso(Number(figures[3]), Number(figures[2]), Number(figures[1]));
  const year = Number(/\b(\d{4})\b/.exec(plain)?.[1]);
  const day = Number(/\b(\d{1,2})\b/.exec(plain)?.[1]);
  const words = plain.match(/[a-z]{3,}/g) ?? [];
  const month = MONTHS.findIndex((names) =>
    words.some((word) => names.some((name) => name === word || name.slice(0, 3) === word)),
  );
  return month === -1 ? undefined : toIso(year, month + 1, day);
}

/** `1.240,50` and `1,240.50`: the last sign before two digits parts the cents. A decimal as text. */
export function readAmount(text: string | undefined): string | undefined {
  const [figures] = /\d[\d.,\s]*/.exec(text ?? "") ?? [];
  if (figures === undefined) return undefined;
  const plain = figures.replaceAll(/\s/g, "").replace(/[.,]$/, "");
  const [, whole = plain, cents] = /^(.*)[.,](\d{2})$/.exec(plain) ?? [];
  const digits = whole.replaceAll(/[.,]/g, "");
  return cents === undefined ? digits : `${digits}.${cents}`;
}

function toIso(year: number, month: number, day: number): string | undefined {
  const at = new Date(Date.UTC(year, month - 1, day));
  const isDay = at.getUTCMonth() === month - 1 && at.getUTCDate() === day && year > 1900;
  return isDay ? at.toISOString().slice(0, 10) : undefined;
}
