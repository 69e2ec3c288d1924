/** A name as SQL takes it: bare where it can be, else quoted. */
export function toName(...parts: (string | undefined)[]): string {
  return parts
    .filter((part) => part !== undefined)
    .map((part) => (/^[a-z_][a-z0-9_$]*$/.test(part) ? part : `"${part.replaceAll('"', '""')}"`))
    .join(".");
}

/** A comment as the end of a line: one line, and not a long one. */
export function toRemark(comment: string | null | undefined): string {
  const line = (comment ?? "").replaceAll(/\s+/g, " ").trim();
  if (line === "") return "";
  return ` -- ${line.length > 200 ? `${line.slice(0, 200).toWellFormed()}…` : line}`;
}

/** What says something: null and empty lists are left out, since an assistant pays for each of them. */
export function said<Whole extends object>(whole: Whole): Said<Whole> {
  const entries = Object.entries(whole).filter(
    ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(entries) as Said<Whole>;
}

type Said<Whole> = { [Key in keyof Whole]?: NonNullable<Whole[Key]> };
