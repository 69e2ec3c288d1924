/** Appends to a chained log without pause until it is killed, and says what was acknowledged. */
import { openChainedLog } from "../src/index.ts";

const [folder = "", key = ""] = process.argv.slice(2);
const log = await openChainedLog({ folder, key: Buffer.from(key, "hex"), maxSegmentBytes: 20_000 });
process.stdout.write(`${log.head().seq}\n`);

async function appendAlways(writer: number): Promise<void> {
  for (let n = 0; ; n += 1) {
    const { seq } = await log.append({ writer, n, text: "x".repeat(n % 700) });
    process.stdout.write(`${seq}\n`);
  }
}

await Promise.all([1, 2, 3].map(appendAlways));
