import { checkChecksums } from "./checksums.ts";
import type { S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import { chunkSignature, isSame, mismatch, type SigningState } from "./signature.ts";

/** The body as the client meant it: out of its chunks, its lengths, signatures and checksums verified. */
export function openPayload(request: S3Request, state: SigningState): Buffer {
  const kind = request.headers["x-amz-content-sha256"] ?? "";
  if (!kind.startsWith("STREAMING-")) {
    checkChecksums(request.body, request.headers);
    return request.body;
  }
  const { body, trailers } = readChunks(request.body, state, kind);
  const length = request.headers["x-amz-decoded-content-length"];
  if (length !== undefined && Number(length) !== body.length) {
    throw new S3Error(400, "IncompleteBody", "The body is not as long as it was said to be.");
  }
  checkChecksums(body, { ...request.headers, ...trailers });
  return body;
}

/** `size[;chunk-signature=…]\r\n` bytes `\r\n`, until a chunk of 0; then the trailers. */
function readChunks(
  raw: Buffer,
  state: SigningState,
  kind: string,
): { body: Buffer; trailers: Record<string, string> } {
  const isSigned = kind.startsWith("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
  const chunks: Buffer[] = [];
  let previous = state.signature;
  let at = 0;
  for (;;) {
    const end = raw.indexOf("\r\n", at);
    if (end === -1) throw incomplete();
    const [size = "", signature = ""] = raw.toString("latin1", at, end).split(";chunk-signature=");
    const length = Number.parseInt(size, 16);
    const chunk = raw.subarray(end + 2, end + 2 + length);
    if (!Number.isInteger(length) || chunk.length !== length) throw incomplete();
    if (isSigned) {
      const expected = chunkSignature(state, previous, chunk, "PAYLOAD");
      if (!isSame(expected, signature)) throw mismatch();
      previous = signature;
    }
    at = end + 2 + length;
    if (length === 0) break;
    if (raw.toString("latin1", at, at + 2) !== "\r\n") throw incomplete();
    at += 2;
    chunks.push(chunk);
  }
  const trailers = readTrailers(raw.toString("latin1", at));
  const claimed = trailers["x-amz-trailer-signature"];
  if (isSigned && kind.endsWith("-TRAILER")) {
    const { "x-amz-trailer-signature": _, ...signed } = trailers;
    const lines = Object.entries(signed).map(([name, value]) => `${name}:${value}\n`);
    const expected = chunkSignature(state, previous, Buffer.from(lines.join("")), "TRAILER");
    if (!isSame(expected, claimed ?? "")) throw mismatch();
  }
  return { body: Buffer.concat(chunks), trailers };
}

function readTrailers(text: string): Record<string, string> {
  const lines = text.split("\r\n").filter((line) => line.includes(":"));
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}

function incomplete(): S3Error {
  return new S3Error(400, "IncompleteBody", "The chunks of the body end too early.");
}
