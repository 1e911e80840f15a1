"""The matrix: how many mitigations stand at each pair of two fields, or what experts said of
them, with a list behind each number.
"""
