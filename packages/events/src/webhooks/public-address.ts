import { BlockList, isIP } from "node:net";

/** What is not of the public internet: this machine, private and shared networks, metadata services, reserved blocks. */
const notPublic4: readonly [string, number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
];

/** Blocks of the global range that carry IPv4 addresses, or belong to nobody. */
const notPublic6: readonly [string, number][] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];

interface Blocks {
  readonly refused: BlockList;
  /** All that IANA has given out; mapped, translated, local and multicast addresses are outside. */
  readonly global6: BlockList;
}

let made: Blocks | undefined;

/** Made when first asked for: who sends no webhook has no use for them. */
function blocks(): Blocks {
  made ??= makeBlocks();
  return made;
}

function makeBlocks(): Blocks {
  const refused = new BlockList();
  for (const [address, bits] of notPublic4) refused.addSubnet(address, bits, "ipv4");
  for (const [address, bits] of notPublic6) refused.addSubnet(address, bits, "ipv6");
  const global6 = new BlockList();
  global6.addSubnet("2000::", 3, "ipv6");
  return { refused, global6 };
}

/** Is this an address of the public internet, written in the usual form? */
export function isPublicAddress(address: string): boolean {
  const kind = isIP(address);
  const { refused, global6 } = blocks();
  if (kind === 4) return !refused.check(address, "ipv4");
  if (kind !== 6 || address.includes("%")) return false;
  return global6.check(address, "ipv6") && !refused.check(address, "ipv6");
}
