import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";
import { answerMissing, type Exchange } from "./pages.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".txt": "text/plain; charset=utf-8",
  ".woff2": "font/woff2",
  ".webmanifest": "application/manifest+json",
};

/** The build puts these beside what is worth it, the best first. */
const ENCODINGS = [
  { name: "br", ending: ".br" },
  { name: "gzip", ending: ".gz" },
] as const;

/** A file of the build, as it lies there or compressed beforehand. Its name changes with its content. */
export async function answerFile(exchange: Exchange, folder: string): Promise<void> {
  const { request, response, path } = exchange;
  const file = fileAt(folder, path);
  const type = TYPES[extname(path)];
  const found =
    file && type && (await best(file, String(request.headers["accept-encoding"] ?? "")));
  if (!found || type === undefined) return answerMissing(exchange);
  const headers = {
    "content-type": type,
    "cache-control": path.startsWith("/assets/")
      ? "public, max-age=31536000, immutable"
      : "public, max-age=3600",
    etag: found.etag,
    vary: "accept-encoding",
    "x-content-type-options": "nosniff",
    ...(found.encoding === undefined ? {} : { "content-encoding": found.encoding }),
  };
  if (request.headers["if-none-match"] === found.etag) {
    response.writeHead(304, headers).end();
    return;
  }
  response.writeHead(200, { ...headers, "content-length": found.bytes });
  if (request.method === "HEAD") return void response.end();
  createReadStream(found.file)
    .on("error", () => response.destroy())
    .pipe(response);
}

/** Undefined for what would leave the folder, and for names that nobody can read. */
function fileAt(folder: string, path: string): string | undefined {
  try {
    const file = normalize(join(folder, decodeURIComponent(path)));
    return file.startsWith(folder + sep) && !file.includes("\0") ? file : undefined;
  } catch {
    return undefined;
  }
}

interface Found {
  readonly file: string;
  readonly bytes: number;
  readonly etag: string;
  readonly encoding?: string;
}

async function best(file: string, accepted: string): Promise<Found | undefined> {
  const wanted = new Set(accepted.split(",").map((each) => each.split(";", 1)[0]?.trim()));
  for (const { name, ending } of ENCODINGS) {
    const found = wanted.has(name) ? await look(file + ending) : undefined;
    if (found) return { ...found, encoding: name };
  }
  return look(file);
}

async function look(file: string): Promise<Found | undefined> {
  try {
    const facts = await stat(file);
    if (!facts.isFile()) return undefined;
    const [size, changed] = [facts.size, Math.floor(facts.mtimeMs)];
    return { file, bytes: size, etag: `"${size.toString(36)}-${changed.toString(36)}"` };
  } catch {
    return undefined;
  }
}
