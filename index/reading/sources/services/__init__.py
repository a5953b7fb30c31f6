"""Services whose articles are indexed: Confluence, Notion, Zendesk Guide. `port` says what each module implements."""
