/** What a swarm may hold; whatever would be more is refused with a sentence. */
export const BOUNDS = {
  swarms: 1_000,
  agents: 1_000,
  tasks: 100_000,
  dependencies: 256,
  parts: 256,
  capabilities: 32,
  files: 32,
  reservations: 2_000,
  messages: 20_000,
  unread: 2_000,
  recipients: 256,
  memories: 20_000,
  /** Characters of JSON. */
  text: 65_536,
  result: 262_144,
  /** Of all texts of a swarm. */
  total: 268_435_456,
} as const;
