/** Appends to a chained log until its file may grow no more, and says what became of the last entry. */
import { isTrestleError } from "@trestle/protocol";
import { openChainedLog } from "../src/index.ts";

const [folder = "", key = ""] = process.argv.slice(2);
const log = await openChainedLog({ folder, key: Buffer.from(key, "hex") });
let code: string | undefined;
for (let n = 0; code === undefined; n += 1) {
  await log.append({ n, text: "x".repeat(500) }).catch((error: unknown) => {
    code = isTrestleError(error) ? error.code : "other";
  });
}
process.stdout.write(JSON.stringify({ code, seq: log.head().seq }));
await log.close();
