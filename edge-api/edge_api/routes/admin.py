"""What an operator sees and mends. Admins only; the session says who is one."""

from edge_api.operations import Operation

OPERATIONS = (
    Operation(
        *("GET", "/admin/mesh", "AdminService.GetMesh"),
        "Every server: health, model, engine, device, what is missing and the command that mends it",
        timeout_s=15.0,
    ),
    Operation("GET", "/admin/work", "AdminService.ListWork", "Work that waits, runs or has failed"),
    Operation(
        *("POST", "/admin/work/{kind}/{subject_id}/retry", "AdminService.RetryWork"),
        "Give failed work another set of attempts",
        text_places=frozenset({"kind", "subject_id"}),
        result="work",
    ),
    Operation(
        "GET",
        "/admin/llm-calls",
        "AdminService.ListLlmCalls",
        "Recorded calls of language models, newest first",
    ),
    Operation(
        "GET",
        "/admin/llm-calls/{call_id}",
        "AdminService.GetLlmCall",
        "One call with its words",
        result="call",
    ),
    Operation(
        *("POST", "/admin/llm-calls/{call_id}/replay", "AdminService.ReplayLlmCall"),
        "Send a recorded call again; changes nothing",
        timeout_s=90.0,
    ),
    Operation(
        "GET", "/admin/audit", "AdminService.ListAuditEntries", "Who read or changed what, newest first"
    ),
    Operation(
        "GET", "/admin/turn-timings", "AdminService.ListTurnTimings", "Where the time of recent turns went"
    ),
    Operation(
        *("GET", "/admin/set-aside-messages", "AdminService.ListSetAsideMessages"),
        "Messages of unknown type or version that were kept aside",
    ),
    Operation("GET", "/admin/users", "AccountService.ListUsers", "Accounts, newest first"),
    Operation(
        *("POST", "/admin/users", "AccountService.CreateUser", "Make an account of any role"),
        needs=frozenset({"email", "password", "display_name", "role"}),
        result="user",
    ),
    Operation(
        *("PUT", "/admin/users/{user_id}/role", "AccountService.SetUserRole"),
        "Change what a user is; holds from their next call on",
        needs=frozenset({"role"}),
        result="user",
    ),
    Operation("GET", "/admin/service-tokens", "AccountService.ListServiceTokens", "Tokens of other backends"),
    Operation(
        *("POST", "/admin/service-tokens", "AccountService.IssueServiceToken"),
        "Make a token for another backend; it is shown once",
        needs=frozenset({"name"}),
    ),
    Operation(
        *("DELETE", "/admin/service-tokens/{service_token_id}", "AccountService.RevokeServiceToken"),
        "End a token of another backend",
    ),
)
