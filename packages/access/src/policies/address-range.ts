import { BlockList, isIP } from "node:net";

/** One address or a CIDR range, IPv4 or IPv6; undefined where the text is neither. */
export function parseRange(text: string): BlockList | undefined {
  const [address = "", prefix, ...rest] = text.split("/");
  const kind = isIP(address);
  if (kind === 0 || address.includes("%") || rest.length > 0) return undefined;
  const family = kind === 4 ? "ipv4" : "ipv6";
  const bits = kind === 4 ? 32 : 128;
  const length = prefix === undefined ? bits : parsePrefix(prefix, bits);
  if (length === undefined) return undefined;
  const range = new BlockList();
  range.addSubnet(address, length, family);
  return range;
}

/** An IPv4 address in its IPv6 form (`::ffff:…`) counts as the IPv4 address it is. */
export function isInRange(range: BlockList, address: string): boolean {
  const kind = isIP(address);
  return kind !== 0 && range.check(address, kind === 4 ? "ipv4" : "ipv6");
}

function parsePrefix(text: string, bits: number): number | undefined {
  if (!/^\d{1,3}$/.test(text)) return undefined;
  const length = Number(text);
  return length <= bits ? length : undefined;
}
