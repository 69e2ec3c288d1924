import type { KeptObject } from "./bucket.ts";
import { S3Error } from "./s3-error.ts";

type Headers = Readonly<Record<string, string>>;

/** Refuses a write whose condition does not hold. */
export function checkWrite(
  headers: Headers,
  found: KeptObject | undefined,
  names = { match: "if-match", noneMatch: "if-none-match" },
): void {
  const [match, noneMatch] = [headers[names.match], headers[names.noneMatch]];
  if (noneMatch !== undefined && isNamed(noneMatch, found)) throw failed("If-None-Match");
  if (match !== undefined && !isNamed(match, found)) throw failed("If-Match");
}

/** Refuses a read whose condition does not hold; the answer to "only if it changed" is `unchanged`. */
export function checkRead(headers: Headers, found: KeptObject): "changed" | "unchanged" {
  const { "if-match": match, "if-none-match": noneMatch } = headers;
  if (match !== undefined && !isNamed(match, found)) throw failed("If-Match");
  return noneMatch !== undefined && isNamed(noneMatch, found) ? "unchanged" : "changed";
}

function isNamed(header: string, found: KeptObject | undefined): boolean {
  if (!found) return false;
  const bare = (etag: string) => etag.trim().replace(/^W\//, "").replaceAll('"', "");
  return header.trim() === "*" || header.split(",").some((each) => bare(each) === bare(found.etag));
}

function failed(condition: string): S3Error {
  const sentence = `At least one of the pre-conditions you specified did not hold: ${condition}`;
  return new S3Error(412, "PreconditionFailed", sentence);
}

export interface Span {
  readonly from: number;
  /** Not included. */
  readonly end: number;
}

/** What `Range` asks for; undefined where it asks for everything, or for what is no range. */
export function readRange(header: string | undefined, size: number): Span | undefined {
  const range = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!range || (range[1] === "" && range[2] === "")) return undefined;
  const isSuffix = range[1] === "";
  const from = isSuffix ? Math.max(0, size - Number(range[2])) : Number(range[1]);
  const end = isSuffix || range[2] === "" ? size : Math.min(size, Number(range[2]) + 1);
  if (!isSuffix && range[2] !== "" && Number(range[2]) < from) return undefined;
  if (from >= size || end <= from) {
    throw new S3Error(416, "InvalidRange", "The requested range is not satisfiable", {
      "content-range": `bytes */${size}`,
    });
  }
  return { from, end };
}
