"""What the service can be asked, one file per part of it; each function makes a call and sends nothing."""
