/** The operations of S3 that a store uses, with the class that R2 bills them as. */
export const BILLED = {
  GetObject: "B",
  HeadObject: "B",
  PutObject: "A",
  ListObjectsV2: "A",
  CreateMultipartUpload: "A",
  UploadPart: "A",
  CompleteMultipartUpload: "A",
  AbortMultipartUpload: "free",
  DeleteObject: "free",
  DeleteObjects: "free",
} as const;

export type S3Operation = keyof typeof BILLED;
