/** Where events are delivered to. Read anew at each attempt: secrets are never stored with a delivery. */
export interface WebhookTarget {
  readonly id: string;
  /** Patterns of the topics that it wants; `*` stands for any run of characters. */
  readonly topics: readonly string[];
  readonly url: string;
  readonly form: WebhookForm;
}

export type WebhookForm =
  /** The event as JSON; signed where there is a secret. */
  | { readonly kind: "generic"; readonly secret?: string }
  | { readonly kind: "slack" }
  | { readonly kind: "discord" }
  /** `repository_dispatch`: the URL is https://api.github.com/repos/OWNER/NAME/dispatches. */
  | { readonly kind: "github"; readonly token: string }
  /** An issue for each event: the URL is https://api.github.com/repos/OWNER/NAME/issues. */
  | { readonly kind: "github-issue"; readonly token: string; readonly labels?: readonly string[] }
  /** Events API v1: the URL is https://api.SITE/api/v1/events. */
  | { readonly kind: "datadog"; readonly apiKey: string; readonly tags?: readonly string[] };
