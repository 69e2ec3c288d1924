import { createLineSplitter } from "@trestle/protocol";
import { medianMs, type Report } from "./measure.ts";

const KIB = 1024;
const PIPE_CHUNK = 64 * KIB;

/** How fast a byte stream becomes lines; the speed must not fall with the size of a message. */
export function benchFraming(): Report {
  const rows = [KIB, 64 * KIB, KIB * KIB, 64 * KIB * KIB].map((size) => {
    const stream = Buffer.alloc(64 * KIB * KIB, "x");
    for (let end = size - 1; end < stream.length; end += size) stream[end] = 0x0a;
    const milliseconds = medianMs(5, () => split(stream));
    return {
      "message KiB": size / KIB,
      "MiB/s": Math.round((stream.length / KIB / KIB / milliseconds) * 1000),
    };
  });
  return { tables: [{ title: "Bytes to lines", rows }] };
}

function split(stream: Buffer): void {
  const splitter = createLineSplitter();
  for (let from = 0; from < stream.length; from += PIPE_CHUNK) {
    splitter.push(stream.subarray(from, from + PIPE_CHUNK));
  }
}
