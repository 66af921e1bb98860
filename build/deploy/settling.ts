/**
 * What Google needs time for after it has answered, and what it says until then. The sentences are those of public reports and of gcloud's
 * own sources; a grant takes two minutes as a rule and seven at worst (https://cloud.google.com/iam/docs/access-change-propagation).
 */
export const SETTLING = {
  api: {
    what: "a service of Google's that was just enabled",
    refusal: /SERVICE_DISABLED|has not been used in project|or it is disabled|[Aa]pi .*not enabled/,
  },
  account: {
    what: "an account that was just made",
    refusal: /[Ss]ervice account .*does not exist|Unknown service account|NOT_FOUND.*serviceAccount/,
  },
  grant: {
    what: "a role that was just granted",
    refusal: /PERMISSION_DENIED|[Pp]ermission .*denied|does not have .*(?:access|permission)|missing required (?:IAM )?permission/,
  },
  secret: { what: "a secret that was just made", refusal: /[Ss]ecret .*(?:was not found|not found|does not exist)/ },
  database: { what: "the database that was just made", refusal: /[Dd]atabase .*(?:does not exist|not found|being created)/ },
  managedService: { what: "the API that was just made", refusal: /NOT_FOUND_OR_PERMISSION_DENIED|not found or permission denied/i },
  metric: { what: "a metric that was just made", refusal: /Cannot find metric/ },
  gateway: { what: "the gateway, which takes some minutes", refusal: /^It is "(?:CREATING|UPDATING)"/ },
  change: {
    what: "another change to end",
    refusal: /concurrent policy changes|ABORTED|UNAVAILABLE|already in progress|[Rr]ate ?[Ll]imit|per minute/,
  },
} as const satisfies Readonly<Record<string, { what: string; refusal: RegExp }>>;

export type Settling = keyof typeof SETTLING;
