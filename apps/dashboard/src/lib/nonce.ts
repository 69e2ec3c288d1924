/** What the policy of this page lets style sheets in by that a library makes. */
export const nonce =
  document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";

/** Where libraries that know nothing of this page look for it: those under the dialogs, for one. */
export function shareNonce(): void {
  Object.assign(globalThis, { __webpack_nonce__: nonce });
}
