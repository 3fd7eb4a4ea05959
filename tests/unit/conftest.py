from hypothesis import settings

# The first example of a test loads tables, and a shared machine stalls: neither is a failure.
settings.register_profile("copydesk", settings.get_profile("default"), deadline=None)
if settings.get_current_profile_name() == "default":
    settings.load_profile("copydesk")
