import type { S3Request } from "./request.ts";

/** What R2 bills a request as. */
export type BilledClass = "A" | "B" | "free";

/** Operations by the names of S3, with the class that R2 bills them as. */
export const OPERATIONS = {
  CreateBucket: "A",
  HeadBucket: "B",
  ListObjectsV2: "A",
  DeleteObjects: "free",
  ListMultipartUploads: "A",
  PutObject: "A",
  CopyObject: "A",
  GetObject: "B",
  HeadObject: "B",
  DeleteObject: "free",
  CreateMultipartUpload: "A",
  UploadPart: "A",
  ListParts: "A",
  CompleteMultipartUpload: "A",
  AbortMultipartUpload: "free",
} as const satisfies Record<string, BilledClass>;

export type Operation = keyof typeof OPERATIONS;

/** Parts of S3 that name themselves in the query, and are not served. */
const ELSEWHERE = [
  ...["acl", "tagging", "policy", "versioning", "versions", "notification", "lifecycle", "cors"],
  ...["encryption", "object-lock", "retention", "legal-hold", "torrent", "restore", "website"],
];

/** Which operation a request asks for; undefined where it is none that is served. */
export function operationOf({ method, query, key, headers }: S3Request): Operation | undefined {
  if (ELSEWHERE.some((name) => query.has(name))) return undefined;
  const table = key === "" ? BUCKET : query.has("uploadId") ? UPLOAD : OBJECT;
  const found = table[method];
  if (method === "GET" && key === "") {
    if (query.has("uploads")) return "ListMultipartUploads";
    return query.get("list-type") === "2" ? found : undefined;
  }
  if (method === "POST" && key === "") return query.has("delete") ? found : undefined;
  if (method === "POST" && table === OBJECT) return query.has("uploads") ? found : undefined;
  if (method === "PUT" && headers["x-amz-copy-source"] !== undefined) {
    return table === OBJECT ? "CopyObject" : undefined;
  }
  return found;
}

type Table = Readonly<Record<string, Operation>>;

const BUCKET: Table = {
  PUT: "CreateBucket",
  HEAD: "HeadBucket",
  GET: "ListObjectsV2",
  POST: "DeleteObjects",
};
const OBJECT: Table = {
  PUT: "PutObject",
  GET: "GetObject",
  HEAD: "HeadObject",
  DELETE: "DeleteObject",
  POST: "CreateMultipartUpload",
};
const UPLOAD: Table = {
  PUT: "UploadPart",
  GET: "ListParts",
  POST: "CompleteMultipartUpload",
  DELETE: "AbortMultipartUpload",
};
