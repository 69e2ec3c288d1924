/** S3 as R2 or Amazon's own serves it, from memory, with faults on demand. */
export type { Fault, FaultRule } from "./faults.ts";
export type { BilledClass, Operation } from "./operations.ts";
export type { S3Credentials } from "./signature.ts";
export {
  type S3LogLine,
  type S3Server,
  type S3ServerOptions,
  startS3Server,
} from "./start-s3-server.ts";
export type { Dialect } from "./world.ts";
