/** What an organisation knows of errors and fixes, for programs of their own. */
export {
  type CallOptions,
  type GetOptions,
  type ListOptions,
  type ListPage,
  type ObjectFacts,
  type ObjectStore,
  ObjectStoreError,
  type ObjectStoreErrorCode,
  type PutOptions,
  type StoredObject,
} from "./object-store/object-store.ts";
