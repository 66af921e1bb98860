/** What a deployment believes of Google's production, of GitHub and of Cloudflare, and the command that proves it. */
export interface DeployClaim {
  readonly title: string;
  readonly proof: string;
}

const DEPLOY = "npm run deploy -- --project P --region R --sites S";

export const deployClaims: readonly DeployClaim[] = [
  { title: "a whole deployment works on a fresh project, and says each wait in the words of settling.ts", proof: DEPLOY },
  { title: "Cloud Run gives SERVICE-NUMBER.REGION.run.app, and takes ID tokens for it", proof: `${DEPLOY}; npm run smoke -- URL` },
  { title: "no command shows the API key", proof: `${DEPLOY} 2>&1 | grep -c AIza` },
  { title: "API Gateway takes the document of OpenAPI 3.0 with its extensions", proof: DEPLOY },
  {
    title: "a double wildcard (x-google-parameter) lets the paths of hits.sh, Moe-Counter and GoatCounter through",
    proof: `${DEPLOY} --set TAKEOVER=all; curl https://HOST/example.com/a.svg`,
  },
  { title: "the roles that README.md lists are enough for GitHub", proof: "git tag v1 && git push --tags" },
  {
    title: "configs are listed with their labels; revisions of that name take traffic",
    proof: "npm run deploy -- back …, after two deployments",
  },
  {
    title: "a revision reads the version of the secret that it is told, and a later deployment's the newest",
    proof: "npm run deploy -- rotate-key …, then npm run smoke with the new key",
  },
  {
    title: "behind the gateway the client's address is the last but one of X-Forwarded-For",
    proof: "npm run smoke -- URL --confirm-address …",
  },
  { title: "Google takes the alert policies, the exclusion, the clean-up and the budget", proof: `${DEPLOY} --with-guards YOU, twice` },
  {
    title: 'of a request that no instance is left for, Cloud Run\'s log says "no available instance", with status 429',
    proof: `${DEPLOY} --with-guards YOU --max-instances 1; a load beyond it; then the metric footfall-shed`,
  },
  { title: "clean-up keeps the images of the last ten versions", proof: "npm run deploy -- back …, after 30 days" },
  { title: "everything is gone afterwards", proof: "npm run deploy -- remove …, twice" },
  { title: "a load balancer passes a name of one's own to the gateway", proof: "build/deploy/README.md, A name of your own" },
  { title: "the button builds and deploys by package.json's scripts, with WORKERS_CI=1", proof: "press it, in a fork" },
  { title: "the published image has provenance", proof: "gh attestation verify oci://ghcr.io/OWNER/REPOSITORY:TAG --owner OWNER" },
];
