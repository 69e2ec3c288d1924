/** Is this an address of the machine itself? */
export function isLocal(address: string): boolean {
  return address.startsWith("127.") || address === "::1" || address.startsWith("::ffff:127.");
}
