/** R2's own local implementation, behind its S3 API. */
export {
  type MiniflareBucket,
  miniflareFolder,
  startMiniflareBucket,
} from "./start-miniflare-bucket.ts";
