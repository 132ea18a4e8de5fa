"""The clinic's AWS account in, what has to hold there before anything of a patient comes near it out."""

from collections.abc import Iterator

from workbench.examination import Finding, OpenClient, Verdict, name_error, read_pages

ADDENDUM = "business associate addendum"
# What the stack reserves where it can: the sanitizer's, each forwarder's, and what Lambda keeps unreserved.
SANITIZER_CONCURRENCY = 100
FORWARDER_CONCURRENCY = 10
UNRESERVED_CONCURRENCY = 100


def examine_baa(open_client: OpenClient, attested: str | None) -> Iterator[Finding]:
    """Whether AWS's Business Associate Addendum is in force, as AWS Artifact has it or as somebody attests."""
    about = "BAA with AWS"
    remedy = "accept it in AWS Artifact, Agreements; where the organization's account did, say so: --baa-attested WORDS"
    try:
        agreements = list(read_pages(open_client("artifact").list_customer_agreements, "customerAgreements"))
    except Exception as error:  # noqa: BLE001 - whatever it is, AWS did not say
        if attested:
            yield Finding(about, Verdict.GOOD, f"attested on this command line, not seen in AWS: {attested}")
        else:
            yield Finding(about, Verdict.UNSEEN, f"AWS Artifact would not say: {name_error(error)}", remedy)
        return
    if any(ADDENDUM in each["name"].lower() and each["state"] == "ACTIVE" for each in agreements):
        yield Finding(about, Verdict.GOOD, "AWS Artifact has it active for this account")
    elif attested:
        yield Finding(about, Verdict.GOOD, f"attested on this command line, not in this account's Artifact: {attested}")
    else:
        yield Finding(about, Verdict.BAD, "not in force: nothing of a patient may come near this account", remedy)


def examine_quota(open_client: OpenClient, networks: int) -> Iterator[Finding]:
    """Whether Lambda's quota has room for the reservations that keep one function from starving another."""
    about = "Lambda concurrency"
    quota = open_client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    needed = SANITIZER_CONCURRENCY + FORWARDER_CONCURRENCY * networks + UNRESERVED_CONCURRENCY
    if quota >= needed:
        yield Finding(about, Verdict.GOOD, f"the quota is {quota}: deploy with -c concurrency_quota={quota}")
    else:
        says = f"the quota is {quota}; the stack deploys, but without reservations, which need {needed}"
        yield Finding(about, Verdict.SOON, says, "ask in Service Quotas, Lambda, for 1000 concurrent executions")


def examine_root(open_client: OpenClient) -> Iterator[Finding]:
    """Whether the account's root user needs a second factor."""
    about = "root user"
    if open_client("iam").get_account_summary()["SummaryMap"].get("AccountMFAEnabled") == 1:
        yield Finding(about, Verdict.GOOD, "it has a second factor")
    else:
        yield Finding(about, Verdict.BAD, "it has no second factor", "IAM, as root: assign an MFA device")


def examine_trail(open_client: OpenClient) -> Iterator[Finding]:
    """Whether what people and programs do in the account is recorded in every region (45 CFR 164.312(b))."""
    about = "CloudTrail"
    client = open_client("cloudtrail")
    trails = client.describe_trails()["trailList"]
    wide = [trail["TrailARN"] for trail in trails if trail.get("IsMultiRegionTrail")]
    if any(client.get_trail_status(Name=arn)["IsLogging"] for arn in wide):
        yield Finding(about, Verdict.GOOD, "a trail of all regions is recording")
    else:
        yield Finding(about, Verdict.BAD, "no trail of all regions is recording", "CloudTrail: create a trail")
