"""`citedesk requests`: which questions were asked in the chats, and how they ended."""
