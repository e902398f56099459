"""What openeo.extra.artifacts describes: capabilities, providers, the helper, URIs, presigned URLs.

Import from the modules (or from the package's top): loading this package loads nothing heavy.
"""
