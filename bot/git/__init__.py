"""Repositories: mirrors, working trees and snapshots."""
