"""Keys and tokens that a vendor gives a form of their own, as a table: whose, what starts them, what follows, who says so.

A key is added by a row. A row matches where one of its starts stands in the text and the rest follows; the engine and its
prefilter both read the rows. To keep the two equal and the time linear, a rest begins with a class of ASCII characters and the
least number of them, no repetition is unbounded, and what stands before a start (`before`) has a bounded length.
"""

from typing import NamedTuple

GITLEAKS = "gitleaks, config/gitleaks.toml"
DETECT_SECRETS = "detect-secrets, detect_secrets/plugins"
GITHUB = "GitHub, supported secret scanning patterns"


class VendorKey(NamedTuple):
    """A form of key.

    Attributes:
        vendor: who gives it.
        kind: what the vendor calls it.
        starts: fixed strings, separated by spaces; each key contains one of them.
        rest: the expression that follows.
        source: who publishes the form: a rule pack, or the vendor's documentation.
        before: the expression in front of the start, where the fixed string is not the beginning of the key.
    """

    vendor: str
    kind: str
    starts: str
    rest: str
    source: str
    before: str = ""


_HEX32 = "[0-9a-f]{32}"
_HEX40 = "[0-9a-f]{40}"
_HEX64 = "[0-9a-f]{64}"
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

VENDOR_KEYS: tuple[VendorKey, ...] = (
    # Clouds
    VendorKey("AWS", "access key id", "AKIA ASIA ABIA ACCA", "[0-9A-Z]{16}(?![0-9A-Za-z])", GITLEAKS),
    VendorKey("AWS", "access key id, old", "A3T", "[0-9A-Z]{17}(?![0-9A-Za-z])", GITLEAKS),
    VendorKey("AWS", "session token", "IQoJb3JpZ2lu FwoGZXIvYXdz FQoGZXIvYXdz", "[0-9A-Za-z+/%]{60,3000}={0,2}", "AWS, STS"),
    VendorKey("AWS", "Bedrock key", "ABSK", "[0-9A-Za-z+/]{60,400}={0,2}", GITLEAKS),
    VendorKey("AWS", "Bedrock short-lived key", "bedrock-api-key-", "[0-9A-Za-z+/]{20,3000}={0,2}", GITLEAKS),
    VendorKey("Google", "API key", "AIza", r"[0-9A-Za-z_\-]{30,39}", GITLEAKS),
    VendorKey("Google", "Gemini API key", "AQ.", r"[0-9A-Za-z_\-]{40,80}", "Google, AI Studio"),
    VendorKey("Google", "OAuth access token", "ya29.", r"[0-9A-Za-z_\-.]{20,1000}", GITHUB),
    VendorKey("Google", "OAuth refresh token", "1//0", r"[0-9A-Za-z_\-]{30,200}", GITHUB),
    VendorKey("Google", "OAuth client secret", "GOCSPX-", r"[0-9A-Za-z_\-]{24,40}", GITHUB),
    VendorKey("Azure", "storage account key", "AccountKey= SharedAccessKey=", "[0-9A-Za-z+/]{42,88}={0,2}", DETECT_SECRETS),
    VendorKey("Azure", "shared access signature", "sig=", "[0-9A-Za-z%+/]{43,200}={0,2}", GITHUB),
    VendorKey(
        "Azure", "AD client secret", "Q~", r"[0-9A-Za-z_~.\-]{31,34}", GITLEAKS, before=r"[0-9A-Za-z_~.\-]{3}[0-9]"
    ),
    VendorKey("Azure", "DevOps token or OpenAI key", "JQQJ99", "[0-9A-Za-z]{20,30}", GITHUB, before="[0-9A-Za-z]{52}"),
    VendorKey("Alibaba Cloud", "access key id", "LTAI", "[0-9A-Za-z]{12,24}(?![0-9A-Za-z])", GITLEAKS),
    VendorKey("Tencent Cloud", "secret id", "AKID", "[0-9A-Za-z]{32}(?![0-9A-Za-z])", GITHUB),
    VendorKey("Yandex Cloud", "API key", "AQVN", r"[0-9A-Za-z_\-]{35,38}", GITLEAKS),
    VendorKey("Yandex Cloud", "IAM token", "t1.", r"[0-9A-Za-z_\-]{20,300}={0,2}\.[0-9A-Za-z_\-]{80,90}={0,2}", GITLEAKS),
    VendorKey("DigitalOcean", "token", "dop_v1_ doo_v1_ dor_v1_", _HEX64, GITLEAKS),
    VendorKey("Heroku", "API key", "HRKU-", r"[0-9A-Za-z_\-]{36,62}", GITLEAKS),
    VendorKey("Fly.io", "access token", "fo1_", r"[0-9A-Za-z_\-]{43}", GITLEAKS),
    VendorKey("Fly.io", "macaroon", "fm1r_ fm1a_ fm2_", "[0-9A-Za-z+/]{100,2000}={0,3}", GITLEAKS),
    VendorKey("Cloudflare", "origin CA key", "v1.0-", "[0-9a-f]{24}-[0-9a-f]{146}", GITLEAKS),
    VendorKey("Cloudflare", "token", "cfut_ cfat_ cfk_", r"[0-9A-Za-z_\-]{40,60}", "Cloudflare, API tokens"),
    VendorKey("Netlify", "token", "nfp_ nfc_ nfu_ nfo_", "[0-9A-Za-z]{36,60}", GITHUB),
    VendorKey("Vercel", "token", "vcp_ vci_ vca_ vcr_ vck_", "[0-9A-Za-z]{24,80}", GITHUB),
    VendorKey("Vercel", "Blob token", "vercel_blob_rw_", "[0-9A-Za-z]{12,24}_[0-9A-Za-z]{24,40}", GITHUB),
    VendorKey("Render", "API key", "rnd_", "[0-9A-Za-z]{28,40}", "Render, API"),
    VendorKey("Scalingo", "token", "tk-us-", r"[0-9A-Za-z_\-]{48}", GITLEAKS),
    # Code and packages
    VendorKey("GitHub", "token", "ghp_ gho_ ghu_ ghs_ ghr_", "[0-9A-Za-z]{20,255}", GITLEAKS),
    VendorKey("GitHub", "fine-grained token", "github_pat_", "[0-9A-Za-z_]{20,255}", GITLEAKS),
    VendorKey(
        "GitLab",
        "token",
        "glpat- gldt- glrt- glft- glsoat- glptt- gloas- glagent- glimt- glffct- glcbt- glwt-",
        r"[0-9A-Za-z_\-]{16,300}(?:\.[0-9a-z]{2}[0-9a-z.]{7,12})?",
        GITLEAKS,
    ),
    VendorKey("GitLab", "runner registration token", "GR1348941", r"[0-9A-Za-z_\-]{20}", GITLEAKS),
    VendorKey("Bitbucket", "app password", "ATBB", "[0-9A-Za-z]{24,40}(?![0-9A-Za-z])", GITHUB),
    VendorKey("Atlassian", "API token", "ATATT3 ATCTT3", r"[0-9A-Za-z_\-]{50,250}=?[0-9A-F]{0,8}", GITLEAKS),
    VendorKey("npm", "access token", "npm_", "[0-9A-Za-z]{30,40}", GITLEAKS),
    VendorKey("PyPI", "upload token", "pypi-AgE", r"[0-9A-Za-z_\-]{40,1000}", GITLEAKS),
    VendorKey("RubyGems", "API key", "rubygems_", "[0-9a-f]{48}", GITLEAKS),
    VendorKey("NuGet", "API key", "oy2", "[0-9a-z]{43}(?![0-9A-Za-z])", GITHUB),
    VendorKey("crates.io", "token", "cio", "[0-9A-Za-z]{32}(?![0-9A-Za-z])", GITHUB),
    VendorKey("Clojars", "token", "CLOJARS_", "[0-9a-z]{60}", GITLEAKS),
    VendorKey("Docker Hub", "token", "dckr_pat_ dckr_oat_", r"[0-9A-Za-z_\-]{26,40}", GITHUB),
    VendorKey("JFrog", "API key", "AKCp", "[0-9A-Za-z]{60,75}", GITLEAKS),
    VendorKey("JFrog", "reference token", "cmVmd", "[0-9A-Za-z]{59}", GITLEAKS),
    VendorKey("SonarQube", "token", "squ_ sqp_ sqa_", _HEX40, GITLEAKS),
    VendorKey("Sourcegraph", "token", "sgp_", "[0-9A-Za-z]{5,16}(?:_[0-9a-f]{40}|[0-9a-f]{24,40})", GITLEAKS),
    VendorKey("Postman", "API key", "PMAK-", "[0-9a-f]{24}-[0-9a-f]{34}", GITLEAKS),
    VendorKey("Pulumi", "token", "pul-", _HEX40, GITLEAKS),
    VendorKey("HashiCorp", "Vault token", "hvs. hvb. hvr.", r"[0-9A-Za-z_\-]{24,300}", GITLEAKS),
    VendorKey("HashiCorp", "Terraform token", ".atlasv1.", r"[0-9A-Za-z_=\-]{60,70}", GITLEAKS, before="[0-9A-Za-z]{14}"),
    VendorKey("Doppler", "token", "dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.", r"[0-9A-Za-z_.\-]{40,80}", GITLEAKS),
    VendorKey("1Password", "service account token", "ops_eyJ", "[0-9A-Za-z+/_]{100,3000}={0,3}", GITLEAKS),
    VendorKey(
        "1Password", "secret key", "A3-", "[0-9A-Z]{6}-(?:[0-9A-Z]{11}|[0-9A-Z]{6}-[0-9A-Z]{5})(?:-[0-9A-Z]{5}){3}", GITLEAKS
    ),
    VendorKey("age", "secret key", "AGE-SECRET-KEY-1", "[02-9A-Z]{58}", GITLEAKS),
    VendorKey("OpenShift", "token", "sha256~", r"[0-9A-Za-z_\-]{43}", GITLEAKS),
    VendorKey("Octopus Deploy", "API key", "API-", "[0-9A-Z]{26}(?![0-9A-Za-z])", GITLEAKS),
    VendorKey("Prefect", "API key", "pnu_ pnb_", "[0-9A-Za-z]{36}", GITLEAKS),
    VendorKey("Infracost", "API key", "ico-", "[0-9A-Za-z]{32}", GITLEAKS),
    VendorKey("ReadMe", "API key", "rdme_", "[0-9a-z]{70}", GITLEAKS),
    VendorKey("Harness", "token", "pat. sat.", r"[0-9A-Za-z_\-]{22}\.[0-9A-Za-z]{24}\.[0-9A-Za-z]{20}", GITLEAKS),
    # Models
    VendorKey("OpenAI", "API key", "sk-", r"[0-9A-Za-z_\-]{16,250}", GITLEAKS),
    VendorKey("Anthropic", "API key", "sk-ant-", r"[0-9A-Za-z_\-]{20,250}", GITLEAKS),
    VendorKey("Hugging Face", "token", "hf_ api_org_", "[0-9A-Za-z]{30,40}", GITLEAKS),
    VendorKey("Groq", "API key", "gsk_", "[0-9A-Za-z]{40,60}", GITHUB),
    VendorKey("xAI", "API key", "xai-", "[0-9A-Za-z]{60,100}", GITHUB),
    VendorKey("Perplexity", "API key", "pplx-", "[0-9A-Za-z]{40,60}", GITLEAKS),
    VendorKey("Replicate", "API token", "r8_", "[0-9A-Za-z]{36,40}", GITHUB),
    VendorKey("Tavily", "API key", "tvly-", r"[0-9A-Za-z_\-]{24,60}", GITHUB),
    VendorKey("LangSmith", "API key", "lsv2_pt_ lsv2_sk_", "[0-9a-f]{32}_[0-9a-f]{10}", GITHUB),
    VendorKey("Pinecone", "API key", "pcsk_", "[0-9A-Za-z_]{50,90}", GITHUB),
    VendorKey("NVIDIA", "API key", "nvapi-", r"[0-9A-Za-z_\-]{50,80}", GITHUB),
    VendorKey("ElevenLabs", "API key", "sk_", "[0-9a-f]{48}(?![0-9A-Za-z])", GITHUB),
    VendorKey("Fireworks", "API key", "fw_", "[0-9A-Za-z]{20,32}(?![0-9A-Za-z_])", GITHUB),
    # Messages
    VendorKey("Slack", "token", "xoxb- xoxp- xoxa- xoxr- xoxs- xoxo- xoxe-", r"[0-9A-Za-z\-]{11,250}", GITLEAKS),
    VendorKey("Slack", "configuration token", "xoxe.xoxb- xoxe.xoxp-", r"[0-9A-Za-z\-]{20,250}", GITLEAKS),
    VendorKey("Slack", "app token", "xapp- xwfp-", r"[0-9A-Za-z\-]{20,250}", GITLEAKS),
    VendorKey(
        "Slack",
        "webhook",
        "hooks.slack.com/services/ hooks.slack.com/workflows/ hooks.slack.com/triggers/",
        "[0-9A-Za-z+/]{20,100}",
        GITLEAKS,
    ),
    VendorKey(
        "Discord",
        "webhook",
        "discord.com/api/webhooks/ discordapp.com/api/webhooks/",
        r"[0-9]{10,25}/[0-9A-Za-z_\-]{40,100}",
        GITHUB,
    ),
    # The first part is the account's number in base64, so its first characters are those of digits.
    VendorKey(
        "Discord",
        "bot token",
        "MT Mj Mz ND NT Nj Nz OD OT",
        r"[0-9A-Za-z_\-]{21,26}\.[0-9A-Za-z_\-]{6}\.[0-9A-Za-z_\-]{27,40}",
        DETECT_SECRETS,
    ),
    VendorKey(
        "Microsoft Teams",
        "webhook",
        ".webhook.office.com/webhookb2/",
        r"[0-9A-Za-z@/\-]{60,250}",
        GITLEAKS,
        before="[0-9A-Za-z]{1,40}",
    ),
    VendorKey("Telegram", "bot token", ":AA", r"[0-9A-Za-z_\-]{32,33}(?![0-9A-Za-z_\-])", DETECT_SECRETS, before="[0-9]{8,10}"),
    VendorKey("Twilio", "API key", "SK", "[0-9a-f]{32}(?![0-9A-Za-z])", GITLEAKS),
    VendorKey("Twilio", "account SID", "AC", "[0-9a-f]{32}(?![0-9A-Za-z])", DETECT_SECRETS),
    VendorKey("SendGrid", "API key", "SG.", r"[0-9A-Za-z_\-]{16,32}\.[0-9A-Za-z_\-]{16,64}", DETECT_SECRETS),
    VendorKey("Mailgun", "API key", "key- pubkey-", "[0-9a-f]{32}(?![0-9A-Za-z])", GITLEAKS),
    VendorKey("Mailchimp", "API key", "-us", "[0-9]{1,2}(?![0-9A-Za-z])", DETECT_SECRETS, before=_HEX32),
    VendorKey("Mandrill", "API key", "md-", r"[0-9A-Za-z_\-]{22}(?![0-9A-Za-z_\-])", GITHUB),
    VendorKey("Brevo", "API key", "xkeysib- xsmtpsib-", "[0-9a-f]{64}-[0-9A-Za-z]{16}", GITLEAKS),
    VendorKey("Resend", "API key", "re_", "[0-9A-Za-z]{8}_[0-9A-Za-z]{24}(?![0-9A-Za-z])", "Resend, API keys"),
    # Payments and shops
    VendorKey(
        "Stripe",
        "key",
        "sk_live_ sk_test_ sk_prod_ rk_live_ rk_test_ rk_prod_ pk_live_ pk_test_",
        "[0-9A-Za-z]{10,250}",
        GITLEAKS,
    ),
    VendorKey("Stripe", "webhook secret", "whsec_", "[0-9A-Za-z+/]{24,80}={0,2}", GITHUB),
    VendorKey("Square", "token", "sq0atp- sq0csp- sq0idp-", r"[0-9A-Za-z_\-]{22,60}", GITLEAKS),
    VendorKey("Square", "access token", "EAAA", r"[0-9A-Za-z_\-]{56,64}(?![0-9A-Za-z_\-])", GITLEAKS),
    VendorKey("PayPal", "token", "access_token$production$ access_token$sandbox$", r"[0-9a-z]{16}\$[0-9a-f]{32}", GITHUB),
    VendorKey("Adyen", "API key", "AQE", r"[0-9A-Za-z]{5,10}\.[0-9A-Za-z+/=\-]{40,200}", GITHUB),
    VendorKey("Plaid", "access token", "access-sandbox- access-development- access-production-", _UUID, GITLEAKS),
    VendorKey("Flutterwave", "key", "FLWSECK_TEST- FLWPUBK_TEST- FLWSECK-", "[0-9A-Za-z]{12,32}(?:-X)?", GITLEAKS),
    VendorKey("Razorpay", "key", "rzp_live_ rzp_test_", "[0-9A-Za-z]{14,24}", GITHUB),
    VendorKey("Shopify", "token", "shpat_ shpca_ shppa_ shpss_ shpua_", "[0-9A-Fa-f]{32}", GITLEAKS),
    VendorKey("Shippo", "token", "shippo_live_ shippo_test_", _HEX40, GITLEAKS),
    VendorKey("EasyPost", "key", "EZAK EZTK", "[0-9A-Za-z]{54}", GITLEAKS),
    VendorKey("Duffel", "token", "duffel_test_ duffel_live_", r"[0-9A-Za-z_=\-]{43}", GITLEAKS),
    VendorKey("Amazon", "Pay or MWS token", "amzn.mws.", _UUID, GITHUB),
    # Watching and data
    VendorKey("Datadog", "key", "ddapi_ ddapp_ ddpat_", "[0-9A-Za-z]{30,60}", "Datadog, API keys"),
    VendorKey("New Relic", "key", "NRAK- NRII- NRJS- NRAA- NRRA- NRIQ-", r"[0-9A-Za-z_\-]{19,48}", GITLEAKS),
    VendorKey("Grafana", "service account token", "glsa_", "[0-9A-Za-z]{32}_[0-9A-Fa-f]{8}", GITLEAKS),
    VendorKey("Grafana", "cloud token", "glc_", "[0-9A-Za-z+/]{32,400}={0,3}", GITLEAKS),
    VendorKey("Grafana", "API key", "eyJrIjoi", "[0-9A-Za-z]{42,400}={0,3}", GITLEAKS),
    VendorKey("Sentry", "token", "sntrys_ sntryu_ sntrya_ sntryi_", "[0-9A-Za-z+/=_]{40,500}", GITLEAKS),
    VendorKey("Dynatrace", "token", "dt0c01. dt0s01. dt0s02. dt0s16.", r"[0-9A-Z]{8,24}\.[0-9A-Z]{60,64}", GITLEAKS),
    VendorKey("Databricks", "token", "dapi dkea doseb", r"[0-9a-f]{32}(?:-[0-9])?(?![0-9A-Za-z])", GITLEAKS),
    VendorKey("PlanetScale", "password or token", "pscale_pw_ pscale_tkn_ pscale_oauth_", r"[0-9A-Za-z_=.\-]{32,64}", GITLEAKS),
    VendorKey("Supabase", "key", "sbp_ sb_secret_ sb_publishable_", r"[0-9A-Za-z_\-]{20,60}", GITHUB),
    VendorKey("Neon", "API key", "napi_", "[0-9a-z]{40,70}", GITHUB),
    VendorKey("ClickHouse Cloud", "key", "4b1d", "[0-9A-Za-z]{38}(?![0-9A-Za-z])", GITLEAKS),
    VendorKey("MaxMind", "licence key", "_mmk", "(?![0-9A-Za-z])", GITLEAKS, before="[0-9A-Za-z]{6}_[0-9A-Za-z]{29}"),
    VendorKey("Mapbox", "token", "sk.eyJ pk.eyJ tk.eyJ", r"[0-9A-Za-z_\-]{30,200}\.[0-9A-Za-z_\-]{20,60}", GITLEAKS),
    VendorKey("Adafruit", "key", "aio_", "[0-9A-Za-z]{28}(?![0-9A-Za-z])", GITHUB),
    # Work
    VendorKey("Linear", "key", "lin_api_ lin_oauth_", "[0-9A-Za-z]{32,64}", GITLEAKS),
    VendorKey("Notion", "token", "ntn_ secret_", "[0-9A-Za-z]{40,50}(?![0-9A-Za-z])", GITLEAKS),
    VendorKey("Airtable", "token", "pat", r"[0-9A-Za-z]{14}\.[0-9a-f]{64}", GITLEAKS),
    VendorKey("Asana", "token", "1/ 2/", r"[0-9]{12,20}[/:][0-9A-Za-z/:]{20,64}", GITHUB),
    VendorKey("Figma", "token", "figd_ figoh_ figu_ figor_", r"[0-9A-Za-z_\-]{38,60}", GITHUB),
    VendorKey("Dropbox", "token", "sl.", r"[0-9A-Za-z_\-]{60,1300}", GITLEAKS),
    VendorKey("Typeform", "token", "tfp_", r"[0-9A-Za-z_.=\-]{40,60}", GITLEAKS),
    VendorKey("Frame.io", "token", "fio-u-", r"[0-9A-Za-z_=\-]{64}", GITLEAKS),
    VendorKey("HubSpot", "token", "pat-na1- pat-na2- pat-eu1- pat-ap1-", _UUID, GITHUB),
    VendorKey("Zoho", "token", "1000.", r"[0-9a-f]{32}\.[0-9a-f]{32}", GITHUB),
    VendorKey("Contentful", "token", "CFPAT-", r"[0-9A-Za-z_\-]{40,50}", GITHUB),
    VendorKey("Adobe", "client secret", "p8e-", r"[0-9A-Za-z_\-]{28,32}", GITLEAKS),
    VendorKey("Salesforce", "access token", "00D", r"[0-9A-Za-z]{12,15}![0-9A-Za-z_.]{80,120}", GITHUB),
    VendorKey("LaunchDarkly", "key", "api- sdk- mob-", _UUID, GITHUB),
    # Social
    VendorKey("Facebook", "access token", "EAA", "[0-9A-Za-z]{60,500}", GITLEAKS),
    VendorKey("Instagram", "access token", "IGQV IGAA", "[0-9A-Za-z_]{60,300}", GITHUB),
    VendorKey("Twitter", "bearer token", "AAAAAAAAAAAAAAAAAAAAA", "[0-9A-Za-z%]{60,140}", GITLEAKS),
    VendorKey("LinkedIn", "client secret", "WPL_AP1. WPL_AP0.", r"[0-9A-Za-z.]{14,40}={0,2}", GITHUB),
    VendorKey("Twitch", "token", "oauth:", "[0-9a-z]{30}(?![0-9A-Za-z])", "Twitch, chat"),
    # Everybody's
    VendorKey(
        "RFC 7519",
        "JSON web token",
        "eyJ",
        r"[0-9A-Za-z_\-]{8,3000}\.[0-9A-Za-z_\-]{4,8000}\.[0-9A-Za-z_\-]{0,1400}",
        DETECT_SECRETS,
    ),
    VendorKey("Bitcoin", "extended private key", "xprv yprv zprv", "[1-9A-HJ-NP-Za-km-z]{100,112}", "BIP 32"),
)  # fmt: skip
