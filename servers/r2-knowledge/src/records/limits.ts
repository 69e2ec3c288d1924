/** How much a record may hold, in characters unless said: what is larger belongs elsewhere, and a link to it here. */
export const LIMITS = {
  name: 500,
  message: 16_000,
  stack: 64_000,
  fix: 64_000,
  context: 500,
  severity: 50,
  link: 2_000,
  links: 50,
  evidence: 8_000,
  /** Bytes of metadata as JSON. */
  metadataBytes: 32_000,
  /** Bytes of a whole record as JSON. */
  recordBytes: 256_000,
  /** Levels of nested metadata. */
  depth: 12,
} as const;
