import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";

/**
 * Preloaded into a bridge: the names in `ATTACK_NAMES` resolve to what stands there, one answer after the other, the last
 * one for ever. All else resolves as ever.
 */
const names: Record<string, string[]> = JSON.parse(process.env.ATTACK_NAMES ?? "{}");

function answer(name: string): dns.LookupAddress[] | undefined {
  const left = names[name];
  const address = left && left.length > 1 ? left.shift() : left?.[0];
  if (address === undefined) return undefined;
  return [{ address, family: address.includes(":") ? 6 : 4 }];
}

const { lookup } = dns;
const promised = dns.promises.lookup;

Object.assign(dns, {
  lookup(name: string, options: dns.LookupOptions, done: (...answer: unknown[]) => void) {
    const found = answer(name);
    if (!found) return lookup(name, options, done);
    const [{ address, family } = { address: "", family: 4 }] = found;
    if (options.all) setImmediate(done, null, found);
    else setImmediate(done, null, address, family);
    return undefined;
  },
});
Object.assign(dns.promises, {
  lookup: async (name: string, options: dns.LookupOptions) =>
    answer(name) ?? (await promised(name, options)),
});
syncBuiltinESMExports();
