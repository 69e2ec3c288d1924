import * as z from "zod";

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const written = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/;

/** Milliseconds, or a text such as `500ms`, `30s`, `5m`, `2h`, `1d`. Gives whole milliseconds. */
export const duration: z.ZodType<number, number | string> = z
  .union([
    z.number().nonnegative(),
    z.string().regex(written, "expected milliseconds or a text such as 30s, 5m, 2h, 1d"),
  ])
  .transform((value) => (typeof value === "number" ? Math.round(value) : toMs(value)))
  .refine((ms) => ms <= 3_650 * UNITS.d, "is longer than ten years");

function toMs(text: string): number {
  const [, count = "", unit = "ms"] = written.exec(text) ?? [];
  return Math.round(Number(count) * UNITS[unit as keyof typeof UNITS]);
}
