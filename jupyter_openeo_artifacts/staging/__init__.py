"""Uploads of one process: shared by the server, the magic, the widget and the command line.

Loading this package, or any module in it, loads neither openeo nor boto3.
"""
