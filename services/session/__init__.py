"""The one service with rules: interviews, accounts, companies, résumés and reports."""
