/** Enqueues webhooks without pause until it is killed, and says which are stored. */
import { openWebhooks } from "../src/index.ts";

const [file = "", url = "", first = "0"] = process.argv.slice(2);
const webhooks = await openWebhooks({
  file,
  targets: () => [{ id: "one", topics: ["*"], url, form: { kind: "generic" } }],
  allowHosts: [new URL(url).host],
});

for (let n = Number(first); ; n += 1) {
  await webhooks.enqueue({ seq: n, time: 0, topic: "a", payload: { n } });
  process.stdout.write(`${n}\n`);
}
